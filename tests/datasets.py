"""A small, faultless dataset, written to a folder that a test may then spoil."""

from __future__ import annotations

from pathlib import Path

PATIENTS = """\
patient_id,sex,birth_date,enrolment_date,ecog,diagnosis,child_pugh_score,cirrhosis,alcohol_use,\
hepatitis_b,hepatitis_c,afp_before,afp_after,tumour_count,largest_tumour_cm,measurable_lesions,\
ajcc_stage,recurrent,extrahepatic_metastasis,pvtt_extent,ivc_thrombus,therapy_line,\
progressed_before,prior_ici,rt_technique,targeted_agent,antiviral,records_complete
A1,male,1960-06-15,2019-06-14,1,pathological,5,yes,no,yes,no,1000,300,1,5.5,1,IVB,no,yes,none,\
no,1,no,no,VMAT,lenvatinib,yes,yes
A2,female,1960-06-15,2019-06-15,1,clinical,6,no,yes,no,yes,999.9,1200,5,8.0,2,IIIB,yes,no,main,\
no,2,yes,yes,IMRT,none,yes,yes
A3,male,1950-01-01,2020-03-02,2,pathological,7,yes,yes,no,no,12,12,2,3.0,1,IVA,no,no,branch,\
yes,3,yes,no,TOMO,sorafenib,no,yes
A4,male,1970-12-31,2021-01-04,1,clinical,5,yes,no,yes,no,400,40,3,4.0,1,II,yes,no,none,no,4,yes,\
no,VMAT,apatinib,yes,yes
"""

RADIOTHERAPY = """\
patient_id,site,start_date,end_date,dose_gy,fractions
A1,primary tumour,2019-06-17,2019-07-26,60,30
A1,other metastasis,2019-06-17,2019-06-28,40,10
A2,PVTT,2019-06-17,2019-06-21,25,5
A3,lymph node,2020-03-09,2020-04-03,50,20
A4,primary tumour,2021-01-11,2021-02-05,55,20
"""

IMMUNOTHERAPY = """\
patient_id,agent,start_date,end_date,cycles
A1,camrelizumab,2019-06-20,2019-06-20,1
A1,toripalimab,2019-07-11,2019-11-14,7
A2,sintilimab,2019-06-22,2019-09-14,5
A3,tislelizumab,2020-05-29,2020-07-31,4
A4,toripalimab,2020-12-01,2021-01-12,3
"""

ASSESSMENTS = """\
patient_id,criterion,region,baseline_sum_mm,best_sum_mm,new_lesion,category
A1,RECIST 1.1,overall,100,70,no,PR
A1,mRECIST,overall,100,0,no,CR
A1,RECIST 1.1,in-field,60,30,no,PR
A1,mRECIST,in-field,60,0,no,CR
A2,RECIST 1.1,overall,80,96,no,PD
A2,mRECIST,overall,80,80,no,SD
A2,RECIST 1.1,in-field,80,60,no,SD
A2,mRECIST,in-field,80,50,no,PR
A3,RECIST 1.1,overall,50,40,no,SD
A3,mRECIST,overall,50,34,no,PR
A3,RECIST 1.1,in-field,50,35,no,PR
A3,mRECIST,in-field,50,35,no,PR
A4,RECIST 1.1,overall,40,41,yes,PD
A4,mRECIST,overall,40,20,yes,PD
A4,RECIST 1.1,in-field,40,0,no,CR
A4,mRECIST,in-field,40,0,no,CR
"""

ADVERSE_EVENTS = """\
patient_id,term,grade,attribution,onset_date
A1,Dermatitis radiation,1,radiotherapy,2019-07-08
A1,Nausea,2,undetermined,2019-06-17
A1,Diarrhea,3,targeted therapy,2019-09-02
A2,Hypothyroidism,2,immunotherapy,2019-12-02
A3,Platelet count decreased,4,undetermined,2020-03-30
A3,Fatigue,1,,
"""

FOLLOW_UP = """\
patient_id,progression_date,in_field_relapse_date,out_field_relapse_date,last_imaging_date,\
last_contact_date,death_date,cause_of_death
A1,2020-01-15,,2020-01-15,2020-06-01,2020-07-01,2020-07-01,tumour
A2,2020-02-03,2020-06-01,2020-02-03,2020-08-03,2021-01-04,,
A3,,,,2020-09-01,2020-10-01,2020-10-01,other disease
A4,,,,2022-01-03,2022-06-01,,
"""

FILES = {
    "dataset.yaml": "title: Four patients\ncompare_with_article: true\ndata_cutoff: 2022-12-31\n",
    "patients.csv": PATIENTS,
    "radiotherapy.csv": RADIOTHERAPY,
    "immunotherapy.csv": IMMUNOTHERAPY,
    "assessments.csv": ASSESSMENTS,
    "adverse_events.csv": ADVERSE_EVENTS,
    "follow_up.csv": FOLLOW_UP,
}


# A fatal event each, with the doses to organs that belong to one of them.
FATAL_EVENTS = ADVERSE_EVENTS.replace(
    "A3,Platelet count decreased,4,undetermined,2020-03-30", "A3,Esophageal fistula,5,,2020-09-10"
).replace("A1,Diarrhea,3,targeted therapy,2019-09-02", "A1,Colitis,5,immunotherapy,2020-06-20")
ORGAN_DOSES = """\
patient_id,organ,metric,value
A3,oesophagus,V32_mL,4.2
A3,oesophagus,Dmax_Gy,33
A1,small intestine,Dmean_Gy,7.5
A4,liver,V20_percent,31
"""


def write_dataset(folder: Path, **changed: str) -> Path:
    """Write the four patients; `changed` replaces files or adds tables, by name without suffix."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in changed:
        if f"{name}.csv" not in FILES and name != "dataset":
            (folder / f"{name}.csv").write_text(changed[name], encoding="utf-8")
    for name, text in FILES.items():
        text = changed.get(name.partition(".")[0], text)
        (folder / name).write_text(text, encoding="utf-8")
    return folder
